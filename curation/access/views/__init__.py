"""The pages by which people get access to gated datasets."""
