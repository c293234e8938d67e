"""Build the site, in English and in Chinese: the lessons from the solutions, and the pages of docs/.

Usage: build_site.py [--repository OWNER/NAME]

What it writes lies in build/site/html/; what Sphinx is given, in build/site/source/. With --repository the pages link
to the files on GitHub, and each lesson has a badge that opens its notebook in Colab. It needs no network.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys

from site_pages.notebooks import write_notebooks
from site_pages.pages import LANGUAGES, OUT, SOURCE, write_pages
from sphinx.cmd.build import main as sphinx

from grader.course.config import load_course

HERE = os.path.dirname(__file__)


def main() -> int:
    """Write everything anew, and say with the exit code whether Sphinx complained about anything."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repository", default=os.environ.get("GITHUB_REPOSITORY", ""), metavar="OWNER/NAME")
    repository = parser.parse_args().repository
    course = load_course()
    shutil.rmtree(OUT.parent, ignore_errors=True)
    for language in LANGUAGES:
        write_pages(course, language, repository)
        write_notebooks(course, language, OUT / "notebooks")
        # Each warning is an error: a link that leads nowhere, a picture that is missing, a page in no list.
        options = ["-q", "-W", "--keep-going", "-E", "-c", os.path.join(HERE, "site_pages"), "-b", "html"]
        options += ["-d", str(OUT.parent / "doctrees" / language), "-D", f"language={LANGUAGES[language]}"]
        if sphinx([*options, str(SOURCE / language), str(OUT / language)]):
            return 1
    shutil.copy(os.path.join(HERE, "site_pages", "start.html"), OUT / "index.html")
    print(f"the site lies in {OUT}/")
    return 0


if __name__ == "__main__":
    sys.exit(main())
