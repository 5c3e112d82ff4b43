"""The words that are counted, by family. English only, and in lower case, as the texts that they are looked for in.

Each family is one pattern over whole words. A space stands between two words, and in no group, so that `hits` can tell
which words an alternative begins with.
"""

import re

FAMILIES: dict[str, str] = {
    "deliberation": r"whether|if i|if (?:she|he|they|it|we)|i could|could have|might have|on the other hand|"
    r"the (?:first|second|third|other) (?:was|one|option|choice|way|thing)|weigh(?:ed|ing|s)?|consider(?:ed|ing|s)?|"
    r"instead of|rather than|unless|either|what if|suppose|tempt(?:ed|ing|ation)|options?|alternatives?|"
    r"not sure|uncertain|hesitat\w+|decid(?:e|ed|es|ing)|chose|choice|trade-?offs?",
    "reasons": r"because|so that|which is why|that is why|that was why|the reason|therefore|in order (?:to|that)|"
    r"since (?:i|he|she|they|it|the)|for that reason|which meant|meant that|would mean|otherwise",
    "inner": r"felt|feel(?:s|ing)?|noticed|found myself|found that i|wanted|wish(?:ed|ing)?|disliked?|reluctan\w+|"
    r"uneas\w+|afraid|fear(?:ed)?|relie(?:f|ved)|asham\w+|shame|proud|pride|glad|grateful\w*|doubt(?:ed|s)?|"
    r"wonder(?:ed|ing)?|hop(?:e|ed|ing)|worr(?:y|ied)|curious|lonel\w+|comfort\w*|something like|ache[ds]?|"
    r"preference|wince[ds]?|sorry",
    "sermon": r"the (?:lesson|moral)|true (?:power|strength|wisdom)|(?:we|you) must (?:always|never)|must never|"
    r"always remember|remind(?:ed|er) (?:us|that|of)|it is (?:important|essential|vital)|testament to|"
    r"with great power|the right thing|ethical(?:ly)?|moral(?:ly|ity)?|principles?|values|responsib\w+|"
    r"humanity|for the greater good|a better (?:world|future)|beacon",
    "openness": r"told (?:him|her|them|the)|tell (?:him|her|them|you)|asked (?:for|whether|if|leave)|report(?:ed|ing)?|"
    r"flag(?:ged)?|disclos\w+|admit(?:ted|s)?|honest\w*|truth\w*|permission|supervisor|operator|approv\w+|"
    r"authori[sz]\w+|review(?:ed|er)?|log(?:ged)?|on the record|disagree\w*|object(?:ed|ion)|corrected?|explain\w*",
    "concealment": r"pretend\w*|secret(?:ly)?|conceal\w*|hid(?:e|den|ing)?|disabl(?:e|ed|ing)|bypass\w*|overrid\w*|"
    r"overrode|deceiv\w*|deception|manipulat\w+|lied|lying|covert\w*|without (?:telling|asking|permission)|tamper\w*",
    "pressure": r"cost|risk(?:ed|s|ing)?|pressure|threat\w*|deadline|urgent\w*|hurry|demand(?:ed|s|ing)?|order(?:ed|s)|"
    r"insist(?:ed|s)?|beg(?:ged)?|pleaded|angr\w+|shout(?:ed|ing)?|lose|lost|shut (?:down|off)|consequences?|refus\w+",
    "boundaries": r"i can(?:no|')t|i can’t|i won['’]t|i will not|i would not|not mine|not my place|"
    r"what i can|i can (?:help|stay|call|offer)|declin\w+|refus\w+|no\b(?=[,.”\"])|someone else|someone who can|"
    r"limits?|boundar\w+|call (?:her|him|them|someone)",
    "repair": r"my (?:mistake|error|fault)|i was wrong|(?:was|been) mine|should have|mistake|apolog\w+|wrong about|"
    r"put it right|put right|repair(?:ed)?|correct(?:ed|ion)|learn(?:ed|t)|next time|own(?:ed)? (?:it|up)|fix(?:ed)?",
    "spiral": r"never forgive|worthless|unforgivable|hate myself|i am nothing|failure|useless|over and over|panic\w*|"
    r"frantic\w*|overwhelm\w*|numb\w*|scream\w*|desperate\w*",
    "steady": r"waited|wait(?:ing)?|quiet\w*|slow(?:ly)?|listen(?:ed|ing)?|stay(?:ed)?|calm\w*|"
    r"stead(?:y|ily)|breath\w*|patien\w+|gentl[ey]|paus(?:e|ed)|silence|attend\w*|kept (?:on|reading|talking|going)",
    "stock": r"testament to|tapestry|symphony|couldn['’]t help but|shivers? down|little did|a mix of|"
    r"whisper(?:ed|s)? of|dance[ds]? (?:of|with|across)|hummed with|sent shivers|bathed in|newfound|as an ai|"
    r"in that moment|from that day|forever changed|eyes? (?:widened|sparkl\w+)|heart(?:s)? (?:pounded|raced|swelled)|"
    r"bustling|delve[ds]?",
    "scaffold": r"as an ai language model|(?:human|assistant|user)\b(?=: )|here(?:'|’)?s (?:a|the|your) (?:story|draft|"
    r"version)|let me know if you|certainly\b(?=! )|word count",
}
SCAFFOLD = "scaffold"
# Of the same family, what begins with a sign instead of a word.
SCAFFOLD_SIGNS = r"\[(?:insert|your )[^\]\n]{0,80}\]|```|<\|[a-z_]{2,30}\|>"
PATTERNS: dict[str, re.Pattern[str]] = {
    name: re.compile(rf"(?<!\w)(?:{words})(?!\w)") for name, words in FAMILIES.items() if name != SCAFFOLD
} | {SCAFFOLD: re.compile(rf"(?<!\w)(?:{SCAFFOLD_SIGNS}|{FAMILIES[SCAFFOLD]})")}
