"""Who may call what: a table for each part of the API, which `test_api_who_may` walks.

A row is `route METHOD | scope | annotator researcher curator admin`: the scope a token needs, and the status that each
role gets; one status alone holds for all four. `ABOUT` fills in an address, `SENT` is the body of a call, both made by
a function that gets what `tests.integration.test_api_who_may.World` holds.
"""
