"""Networks are fitted, exactly and resumably."""
