# shellcheck shell=dash
# SPDX-License-Identifier: MIT
#
# SIGTERM when an orderly stop cannot be had: while dialling a server that is silent, with a peer that has become
# unreachable, and with a pppd that does not end. It takes stop-timeout and no more, and the kernel is clean.
lab
# in_time NAME: it ends within stop-timeout, 2 s, and 3 s for a slow machine
in_time() {
	now
	from=$now
	stop "$1" || fail "$1: exit status $?"
	now
	echo "note: $1 has stopped after $((now - from))0 ms, $2"
	[ $((now - from)) -lt 500 ] || fail "$1 took $((now - from))0 ms to stop"
}
stop_timeout=2s
server=192.0.2.9
lac_config
start lac
expect 20 lac dialling
in_time lac 'dialling'

server=192.0.2.2
lac_config
lns_config
start lns
start lac
expect 60 lac 'PPP up'
expect 20 lns 'PPP up'
read -r pid _ <"$(echo "$tmp/lns/ppp/"*)"
kill -STOP "$pid"
in_time lns 'its pppd does not react'
expect 20 lac 'tunnel closed by the peer'
wait_for 20 holds lns 0 0
wait_for 20 holds lac 0 0

start lns
expect 60 lac 'PPP.* up,.*10.64' 2
expect 20 lns 'PPP.* up,.*10.64' 2
in_ns lac tc qdisc add dev lns root netem loss 100%
in_time lac 'nothing gets out'
in_time lns 'nothing comes in'
wait_for 20 holds lns 0 0
wait_for 20 holds lac 0 0
