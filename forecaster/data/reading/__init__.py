"""Tables on disk become panels."""
