"""The revisions of the schema, one file each, named by their numbers."""
