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
# A namespace that has just been removed may hold them for a moment.
unload() {
	for module; do
		rmmod "$module" || [ ! -e "/sys/module/$module" ] || return 1
	done
}
run() { in_ns lns "$build/daemon/l2tpd" --config "$tmp/lns.conf"; }
doctor() { in_ns lns "$build/daemon/ctl/l2tpctl" doctor --config "$tmp/lns.conf" modules kernel; }

read -r helper </proc/sys/kernel/modprobe
echo /nowhere >/proc/sys/kernel/modprobe
ppp=0 all=0 found=0
wait_for 20 unload l2tp_ppp && run >"$tmp/ppp.log" 2>&1 || ppp=$?
wait_for 20 unload l2tp_eth l2tp_ip6 l2tp_ip l2tp_netlink && run >"$tmp/all.log" 2>&1 || all=$?
doctor >"$tmp/findings" 2>&1 || found=$?
echo "$helper" >/proc/sys/kernel/modprobe
modprobe -a l2tp_ppp l2tp_eth l2tp_netlink

cat "$tmp/ppp.log" "$tmp/all.log"
[ "$ppp $all" = '1 1' ] || fail "exit status $ppp, $all"
for log in ppp all; do
	grep -q 'PPP over L2TP is missing, module l2tp_ppp' "$tmp/$log.log" || fail 'it does not say that l2tp_ppp is missing'
	grep -q 'as root, modprobe -a l2tp_netlink l2tp_ppp' "$tmp/$log.log" || fail 'it does not say how to get the modules'
done
! grep -q 'module l2tp_netlink' "$tmp/ppp.log" || fail 'l2tp_netlink was there'
grep -q 'module l2tp_netlink' "$tmp/all.log" || fail 'it does not say that l2tp_netlink is missing'

cat "$tmp/findings"
[ "$found" = 1 ] || fail "doctor: exit status $found"
grep -q '^ok .*l2tp_netlink is available and will be loaded on demand' "$tmp/findings" || fail 'doctor does not find the module'
grep -q '^fail .*kernel.*module l2tp_netlink' "$tmp/findings" || fail 'doctor does not find that it cannot be loaded'
