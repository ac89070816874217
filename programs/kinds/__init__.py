"""The kinds of programs that can be compiled and compared: each is its program, examples, metric and way of playing."""
