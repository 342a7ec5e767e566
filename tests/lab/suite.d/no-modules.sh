# shellcheck shell=dash
# SPDX-License-Identifier: MIT
#
# A kernel without L2TP: said in words. Not where the kernel is this machine's own.
[ "$LAB_KERNEL" != own ] || { echo 'note: not on the own kernel'; return 0; }
lab
config lns </dev/null
