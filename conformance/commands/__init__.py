"""The commands, one file each. A command file has HELP, EPILOG, configure(parser) and run(args) → exit status."""
