"""Write down what happens as it happens, so that a crash loses nothing."""
