"""The use cases, one per file: the work behind each command and behind the Python function of the same name.

Each is a sequence of calls to the packages below it and returns plain values. None of them imports another.
"""
