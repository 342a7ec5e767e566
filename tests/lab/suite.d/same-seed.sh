# shellcheck shell=dash
# SPDX-License-Identifier: MIT
#
# Two pppd that were seeded alike would draw the same magic numbers and take the line for a loop; ours do not stay alike.
lab
mkdir "$tmp/bin"
cat >"$tmp/bin/pppd" <<-END
	#!/bin/sh
	LD_PRELOAD=$(readlink -f "$build")/tests/same_seed.so exec /usr/sbin/pppd "\$@"
END
chmod 755 "$tmp/bin/pppd"
for end in lns lac; do
	${end}_config '' 'ipv6 = no'
	echo "pppd = \"$tmp/bin/pppd\"" >>"$tmp/$end.conf"
done
start lns
start lac
expect 60 lns 'PPP up'
expect 20 lac 'PPP up'
pinging
! said lns 'the line is a loop'
! said lac 'the line is a loop'
rm -r "$tmp/bin"
