"""The decision rule: reviews and a policy in, an outcome with its reasons out."""
