"""What twitter-text, X's own JavaScript library, answers for made-up posts.

`cases.jsonl` holds its recorded answers. To renew it, put the library outside the repository and run

    npm install --prefix DIR twitter-text@3.1.0
    python -m tests.composing.twitter_text DIR --longest 80 > cases.jsonl

and to try our own counting on fresh texts, 100 000 of them by another seed:

    python -m tests.composing.twitter_text DIR --seed 7 --count 100000 --compare
"""
