"""Story text: line ends, normal form, words, fingerprints."""
