# shellcheck shell=dash
# SPDX-License-Identifier: MIT
#
# A kernel that does not load its L2TP modules: what is missing and how to get it is said. Only in a VM: no test may
# unload what this machine's own kernel has.
[ "$LAB_KERNEL" != own ] || { echo 'note: nothing tried on the own kernel'; return 0; }
lab
config lns <<END
	lns "isp" { }
END
read -r helper </proc/sys/kernel/modprobe
echo /nowhere >/proc/sys/kernel/modprobe
for modules in 'l2tp_ppp' 'l2tp_eth l2tp_ip6 l2tp_ip l2tp_netlink'; do
	for module in $modules; do
		rmmod "$module" 2>/dev/null || [ ! -e "/sys/module/$module" ]
	done
	status=0
	in_ns lns "$build/daemon/l2tpd" --config "$tmp/lns.conf" >"$tmp/refused.log" 2>&1 || status=$?
	cat "$tmp/refused.log"
	[ $status = 1 ] || fail "exit status $status"
	grep -q 'modprobe -a l2tp' "$tmp/refused.log" || fail 'it does not say how to get the modules'
done
grep -q 'module l2tp_netlink' "$tmp/refused.log" || fail 'it does not say which module'
echo "$helper" >/proc/sys/kernel/modprobe
modprobe -a l2tp_ppp l2tp_eth l2tp_netlink
