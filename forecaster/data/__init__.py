"""Tables become panels, panels become windows."""
