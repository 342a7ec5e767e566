#compdef l2tpctl
# SPDX-License-Identifier: MIT
# zsh completion for l2tpctl(1); the candidates come from l2tpctl itself.

local line
local -a candidates

for line in "${(@f)$(${(Q)words[1]} complete -- "${(Q@)words[2,CURRENT-1]}" "$PREFIX" 2>/dev/null)}"; do
	if [[ $line == $'\tFILE' ]]; then
		_files
	elif [[ -n $line ]]; then
		candidates+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
	fi
done
_describe l2tpctl candidates
