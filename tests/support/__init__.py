"""What several kinds of tests share: trees that change at random, and a small backup run over any pair of sites."""
