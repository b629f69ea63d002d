"""What the network synthesizers share: numbers as normal scores or bins, training, weights as arrays."""
