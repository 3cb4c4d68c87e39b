"""Search for the best config: the algorithms, the log, the trials and the processes that run them."""
