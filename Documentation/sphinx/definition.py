# SPDX-License-Identifier: GPL-2.0-only
"""Definitions of the sources in the pages, found by name and not by what stands around.

.. definition:: FILE
   :of: NAME...     functions, tables or structures of FILE, in this order, each with
                    the comment right above it
"""
import os
import re

from docutils import nodes
from docutils.parsers.rst import Directive, directives


def find(text, name):
    """From the line that begins the definition to the brace that ends it."""
    begin = re.search(rf'^(?![\s/*#}}])[^;=]*\b{name}\b[^;]*?\{{$', text, re.M)
    if not begin:
        return None
    end = re.compile(r'^\}.*$', re.M).search(text, begin.end())
    start = begin.start()
    above = text[:start].rsplit('\n\n', 1)[-1]
    if re.fullmatch(r'/\*(?:(?!\*/).)*\*/\n', above, re.S):
        start -= len(above)
    return text[start:end.end()]


class Definition(Directive):
    required_arguments = 1
    option_spec = {'of': directives.unchanged_required}

    def run(self):
        config = self.state.document.settings.env.config
        path = os.path.join(config.kerneldoc_top, self.arguments[0])
        self.state.document.settings.env.note_dependency(path)
        with open(path, encoding='utf-8') as source:
            text = source.read()
        parts = []
        for name in self.options['of'].split():
            parts.append(find(text, name))
            if not parts[-1]:
                raise self.error(f'{path} defines no {name}')
        code = '\n\n'.join(parts).expandtabs()
        block = nodes.literal_block(code, code)
        block['language'] = 'c'
        return [block]


def setup(app):
    app.add_directive('definition', Definition)
    return {'parallel_read_safe': True}
