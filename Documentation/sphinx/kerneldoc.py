# SPDX-License-Identifier: GPL-2.0-only
"""The comments of the sources in the documentation, as the kernel's script reads them.

.. kernel-doc:: FILE
   :doc: NAME       one "DOC: NAME" section
   :export:         the functions that FILE exports
                    without options: the types that FILE describes

A name with an empty pair of parentheses becomes a link to its function, in the
pages too.
"""
import glob
import os
import re
import subprocess

from docutils import nodes
from docutils.parsers.rst import Directive, directives
from docutils.statemachine import StringList
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.nodes import nested_parse_with_titles

logger = logging.getLogger(__name__)

TYPE = re.compile(r'^\.\. c:(?:struct|enum|union):: (\w+)$', re.M)
PROTOTYPE = re.compile(r'^\.\. c:function:: [^(]*\b(\w+) \(.*(?:\n(?!\.\.).*)*', re.M)
FUNCTION = re.compile(r'(?<![\w`*])((?:__)?ferry_\w+)\(\)(?!`)')


def link_functions(text):
    return FUNCTION.sub(r':c:func:`\1`', text)


def apart(text):
    """To Sphinx, a function and a type of the same name are one."""
    return f'.. c:namespace:: function\n\n{text}\n\n.. c:namespace:: NULL\n\n'


class KernelDoc(Directive):
    required_arguments = 1
    option_spec = {'doc': directives.unchanged_required, 'export': directives.flag}

    def run(self):
        env = self.state.document.settings.env
        path = os.path.join(env.config.kerneldoc_top, self.arguments[0])
        env.note_dependency(path)
        if 'doc' in self.options:
            select = ['-function', self.options['doc']]
        elif 'export' in self.options:
            select = ['-export']
        else:
            select = ['-no-doc-sections']
        run = subprocess.run(['perl', env.config.kerneldoc_script, '-rst', '-Wall', '-Werror',
                              '-sphinx-version', '3.0', *select, path],
                             capture_output=True, text=True)
        if run.returncode or run.stderr or not run.stdout.strip():
            raise self.error(f'kernel-doc of {path}: {run.stderr or "nothing found"}')
        types = env.temp_data.setdefault('kerneldoc_types', set())
        types.update(TYPE.findall(run.stdout))
        text = PROTOTYPE.sub(lambda m: apart(m[0]) if m[1] in types else m[0], run.stdout)
        lines = link_functions(text).expandtabs().splitlines()
        node = nodes.section(document=self.state.document)
        nested_parse_with_titles(self.state, StringList(lines, path), node)
        return node.children


def on_source(app, name, source):
    source[0] = link_functions(source[0])


def check_script(app):
    if not os.path.exists(app.config.kerneldoc_script):
        raise ExtensionError('no kernel-doc script; run "make docs"')


def check_complete(app, env):
    """Every public header and every file that exports something is in the pages."""
    top = app.config.kerneldoc_top
    seen = {os.path.relpath(os.path.join(app.srcdir, f), top)
            for files in env.dependencies.values() for f in files}
    for f in (glob.glob('drivers/**/*.c', root_dir=top, recursive=True) +
              glob.glob('include/linux/**/*.h', root_dir=top, recursive=True)):
        with open(os.path.join(top, f), encoding='utf-8') as source:
            text = source.read()
        if f not in seen and ('EXPORT_SYMBOL' in text or f.endswith('.h') and '/**' in text):
            logger.warning('%s is in no page', f)


def setup(app):
    app.add_config_value('kerneldoc_top', '', 'env')
    app.add_config_value('kerneldoc_script', '', 'env')
    app.add_directive('kernel-doc', KernelDoc)
    app.connect('builder-inited', check_script)
    app.connect('source-read', on_source)
    app.connect('env-updated', check_complete)
    return {'parallel_read_safe': True}
