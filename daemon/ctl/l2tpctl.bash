# SPDX-License-Identifier: MIT
# bash completion for l2tpctl(1); the candidates come from l2tpctl itself.

_l2tpctl() {
	local -a words
	local candidate current broken=${COMP_WORDS[COMP_CWORD]}

	# bash splits words at = : and @; l2tpctl does not
	read -ra words <<<"${COMP_LINE:0:COMP_POINT}"
	[[ ${COMP_LINE:0:COMP_POINT} == *' ' ]] && words+=('')
	current=${words[-1]}
	[[ $broken == [=:@]* ]] && broken=
	COMPREPLY=()
	while IFS= read -r candidate; do
		if [[ $candidate == $'\tFILE' ]]; then
			compopt -o default
		else
			candidate=${candidate%%$'\t'*}
			COMPREPLY+=("${candidate#"${current%"$broken"}"}")
		fi
	done < <("$1" complete -- "${words[@]:1}" 2>/dev/null)
}

complete -F _l2tpctl l2tpctl
