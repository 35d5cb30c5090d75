"""The playground: cnncalc in the reader's browser, without a server."""
