"""Completion in bash, zsh and fish.

A script per shell (`scripts`) hands the line so far to the hidden entry `venue-ops __complete`.
`words` takes the line apart, `typed` finds out what is to be completed, `values` what can stand
there, and `answer` says it in the shell's own way, or says nothing.
"""
