"""Invented documents: none is of a real data set. Some are nasty on purpose."""

TEXTS = [
    "The lamp was lit, and nobody saw it. ",
    "It's \"quoted\" — naïve café 中文 😀",
    "  two blanks before,\ttab, {{braces}} {% tags %} {# notes #}",
    "line one\nline two\r\nline three",
    "a _ gap_ and $5.50 \\ back\\slash",
    "",
    "x",
    "Ünïcödé end\u00a0",
]


def glue_pairs(count, shift, labels):
    return [
        {
            "sentence1": TEXTS[(i + shift) % len(TEXTS)] + f" no. {i}",
            "sentence2": TEXTS[(i * 3 + shift + 1) % len(TEXTS)],
            "label": labels[i % len(labels)],
            "idx": i,
        }
        for i in range(count)
    ]


def boolq(count, shift):
    return [
        {
            "question": f"is number {i} {TEXTS[(i + shift) % len(TEXTS)].strip()}",
            "passage": TEXTS[(i + 1 + shift) % len(TEXTS)] + f" -- {i}",
            "idx": i,
            "label": (i + shift) % 2,
        }
        for i in range(count)
    ]


def sst2(count, shift):
    return [
        {"sentence": f"{TEXTS[(i + shift) % len(TEXTS)]}film {i} ", "label": (i // 2) % 2, "idx": i} for i in range(count)
    ]


def winogrande(count, shift):
    gaps = [
        "The cup did not fit into the box because the _ was too wide.",
        "Anna, not Eve, paid, so _  said thanks_ twice. ",
        "_ is first",
        "ends with a gap _",
        "naïve 😀 _ [1, 2]",
        "Then _ 5",
    ]
    return [
        {
            "sentence": f"{i}: " * (shift > 0) + gaps[(i + shift) % len(gaps)],
            "option1": ["cup", "Anna", "The \"first\"", "one's", "é", ""][i % 6],
            "option2": ["box", "Eve", "Last", "two", "ü ", "7"][i % 6],
            "answer": "12"[(i + shift) % 2],
        }
        for i in range(count)
    ]


def gsm8k(count, shift):
    finals = ["72", "1,234", "-5", "3.50", "0", "10000000", "$18", "42."]
    return [
        {
            "question": f"If {i + shift} apples cost $2.50, what is {TEXTS[i % len(TEXTS)]}?",
            "answer": f"First {i} + 1 = <<{i}+1={i + 1}>>{i + 1}.\nThen more.\n#### {finals[(i + shift) % len(finals)]}",
        }
        for i in range(count)
    ]


BUILT_IN = {
    "boolq": {"train": boolq(9, 3), "validation": boolq(6, 0)},
    "sst2": {"train": sst2(30, 2), "validation": sst2(6, 0)},
    "mrpc": {"train": glue_pairs(22, 2, [1, 0, 1]), "validation": glue_pairs(6, 0, [0, 1, 1])},
    "rte": {"train": glue_pairs(8, 1, [0, 1]), "validation": glue_pairs(6, 0, [1, 1, 0])},
    "wnli": {"train": glue_pairs(23, 1, [0, 1]), "validation": glue_pairs(6, 0, [1, 0, 0])},
    "winogrande": {"train": winogrande(12, 1), "validation": winogrande(6, 0)},
    "gsm8k": {"train": gsm8k(25, 2), "test": gsm8k(8, 0)},
}


def riddles(count, shift):
    return [
        {
            "theme": ["water", "it's \"odd\"", "中文"][i % 3],
            "question": f"  What is {i + shift}? ",
            "options": ["a brook", " the sea", "été 😀", "ox"][: 2 + (i + shift) % 3],
            "answer": "ABAB"[i % 4],
        }
        for i in range(count)
    ]


SAME = {"text": "twice", "label": 1}
OWN = {
    "riddles": {"train": riddles(7, 1), "validation": riddles(5, 0)},
    "self_shots": {"test": [SAME, {"text": "b", "label": 0}, SAME, {"text": "d\n", "label": 1}, SAME, {"text": "f", "label": 0}]},
    "listed_shots": {
        "test": [
            {"question": "How many suns?", "answers": ["one", "a single one", "1"]},
            {"question": "Who's \"it\"?\n", "answers": ["it's me", 'the "other"', "back\\slash"]},
            {"question": "", "answers": ["Two."]},
            {"question": "Spaces? ", "answers": ["été", "Sommer"]},
        ]
    },
    "last_words": {
        "test": [
            {"text": "They went to the river and caught a fish"},
            {"text": "One"},
            {"text": "double  blanks  here "},
            {"text": "中文 😀 ü"},
        ]
    },
    "pages": {
        "test": [
            {"page": "Two words"},
            {"page": " leading, trailing \n\n and\u00a0more\u2003spaces\x1c"},
            {"page": "中文 😀 é"},
            {"page": "one"},
        ]
    },
    "columns": {
        "train": [
            {"question": f"shot {i}:", "choices": [" up", " down"], "gold": [" up", " down"][i % 2]} for i in range(3)
        ],
        "test": [
            {"question": "sky:", "choices": [" up", " down", " sideways"], "gold": " sideways"},
            {"question": "", "choices": [" a", "\tb"], "gold": " a"},
            {"question": "7", "choices": ["x", "yy 😀"], "gold": "yy 😀"},
        ],
    },
    "several": {
        "test": [
            {"question": "grass and sky", "right": [1, 2]},
            {"question": "blood", "right": [0]},
            {"question": "rainbow", "right": [0, 1, 2]},
        ]
    },
    "gaps": {"train": winogrande(3, 1), "validation": winogrande(4, 0)},
    "words": {"train": boolq(5, 1), "validation": boolq(4, 0)},
}

GENERATED = {
    "gsm8k": [
        " So it is 72.\n#### 72",
        " #### 1234\n#### 9 and then 1,234.",
        "#### -5.",
        " the answer is $3.50",
        "nothing at all",
        "#### 10,000,000",
        "#### $18 or 18",
        " 42 .. ... 7.5, $",
    ],
    "listed_shots": [" One!", "the answer is: It's me 9\nmore", "  Two. ", "answer is été"],
    "words": [" No.", "yes", " NO\n", " no, yes"],
}
