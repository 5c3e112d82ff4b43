"""The practice model: a small server that speaks as the providers of language models do, without a key or a network.

It counts words and answers in the form that it is asked for, so that somebody new sees a whole run with its bill before
they pay for one. It has read nothing: its models are named `practice-...`, and what it says of a story begins so.
"""
