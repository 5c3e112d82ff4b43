"""The Exempla project: the pipeline from imported story to published release."""
