"""Training of the pulse-preserving autoencoder, and of the recognisers and pulse predictors it is trained against."""
