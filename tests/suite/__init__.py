"""The test runner's parts: one module for each kind of test, and runner.py, which runs them."""
