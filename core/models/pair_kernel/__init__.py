"""The pair kernel model: the unknown table of signed edges as a Gaussian process, learnt from the labels of rows.

`layout` numbers the pairs and says which of them a row holds; `kernel` is the prior covariance of pairs; `system` the
covariance of the training rows, applied without being formed; `solving` inverts it; `weights` chooses the kernel's
weights; `contrasts` turns labels into numbers and `head` numbers into chances; `model` puts them together, and
`edge_table` says for which pairs the labels speak and how surely. Only numpy and scipy are needed.
"""
