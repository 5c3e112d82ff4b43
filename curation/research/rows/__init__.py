"""The rows of a release, read from its Parquet files a row group at a time, wherever the files lie."""
