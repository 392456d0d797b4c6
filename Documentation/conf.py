# SPDX-License-Identifier: GPL-2.0-only
"""Sphinx; run by scripts/docs.sh, which says where a kernel source is."""
import os
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TOP, 'Documentation', 'sphinx'))

project = 'Ferry'
author = copyright = 'The Ferry authors'
extensions = ['kerneldoc', 'definition']
exclude_patterns = ['_build', 'ABI']
html_theme = 'alabaster'
html_theme_options = {'fixed_sidebar': True, 'page_width': '70em'}
html_copy_source = False
html_last_updated_fmt = None
highlight_language = 'none'
primary_domain = 'c'
smartquotes = False
c_id_attributes = ['__iomem']

kerneldoc_top = TOP
kerneldoc_script = os.path.join(os.environ.get('FERRY_KERNEL_SRC', ''), 'scripts', 'kernel-doc')

# A reference to something of ours that does not exist is an error; what belongs
# to the kernel is documented there.
nitpicky = True
nitpick_ignore_regex = [('c:.*', r'(?!_*ferry_).*')]
