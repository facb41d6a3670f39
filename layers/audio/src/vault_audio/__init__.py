"""Arrays in, arrays out: decoding, spectra and fingerprints."""
