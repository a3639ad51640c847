"""How fast each source is asked: the gate that every call passes, and the lanes that share a pace."""
