"""What others notice while somebody does to the service what hurts it most; one scenario a function."""
