"""The command line: a file for each family of verbs, declared on a parser and run with a console."""
