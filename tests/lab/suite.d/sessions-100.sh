# shellcheck shell=dash
# SPDX-License-Identifier: MIT
#
# sessions, with 100
sessions=100
. tests/lab/suite.d/sessions.sh
