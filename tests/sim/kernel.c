/* SPDX-License-Identifier: MIT */
/*
 * kernel: the tunnels and sessions that the operations have made.  They are carried out in the order in which they were
 * handed out; what is slow is the report.  An operation that fails has made nothing; a deletion never leaves anything.
 */
#include "sim.h"

#include <errno.h>

static size_t find(const struct kernel *k, uint32_t tunnel_id, uint32_t session_id)
{
	size_t i = 0;

	while (i < k->count && (k->things[i].tunnel_id != tunnel_id || k->things[i].session_id != session_id))
		i++;
	return i;
}

static bool has(const struct kernel *k, uint32_t tunnel_id, uint32_t session_id)
{
	return find(k, tunnel_id, session_id) < k->count;
}

static int add(struct kernel *k, const struct l2tp_op *op, bool fails, const char **wrong)
{
	if (has(k, op->tunnel_id, op->session_id))
		*wrong = "the kernel has it already";
	else if (k->count == KERNEL_MAX)
		*wrong = "too many objects in the kernel";
	if (fails)
		return -EIO;
	if (*wrong || (op->session_id && !has(k, op->tunnel_id, 0)))
		return -ENODEV;
	k->things[k->count].tunnel_id = op->tunnel_id;
	k->things[k->count++].session_id = op->session_id;
	return 0;
}

static bool has_sessions(const struct kernel *k, uint32_t tunnel_id)
{
	for (size_t i = 0; i < k->count; i++)
		if (k->things[i].tunnel_id == tunnel_id && k->things[i].session_id)
			return true;
	return false;
}

static int del(struct kernel *k, const struct l2tp_op *op, bool fails, const char **wrong)
{
	size_t i = find(k, op->tunnel_id, op->session_id);

	if (i == k->count)
		*wrong = "the kernel has nothing to delete";
	else if (!op->session_id && has_sessions(k, op->tunnel_id))
		*wrong = "a tunnel is deleted under its sessions";
	else
		k->things[i] = k->things[--k->count];
	return fails ? -EIO : 0;
}

static int set(struct kernel *k, const struct l2tp_op *op, bool fails, const char **wrong)
{
	if (!has(k, op->tunnel_id, op->session_id))
		*wrong = "the kernel has nothing to change";
	return fails ? -EIO : 0;
}

int kernel_do(struct kernel *k, const struct l2tp_op *op, bool fails, const char **wrong)
{
	*wrong = NULL;
	switch (op->type) {
	case L2TP_OP_TUNNEL_ADD:
	case L2TP_OP_SESSION_ADD:
		return add(k, op, fails, wrong);
	case L2TP_OP_TUNNEL_DEL:
	case L2TP_OP_SESSION_DEL:
		return del(k, op, fails, wrong);
	case L2TP_OP_SESSION_SET:
		return set(k, op, fails, wrong);
	case L2TP_OP_SEND:
	case L2TP_OP_TUNNEL_UP:
	case L2TP_OP_TUNNEL_IDLE:
	case L2TP_OP_TUNNEL_DOWN:
	case L2TP_OP_TUNNEL_GONE:
	case L2TP_OP_SESSION_DECIDE:
	case L2TP_OP_SESSION_DIAL:
	case L2TP_OP_SESSION_UP:
	case L2TP_OP_SESSION_LINK:
	case L2TP_OP_SESSION_ERRORS:
	case L2TP_OP_SESSION_DOWN:
	case L2TP_OP_SESSION_GONE:
		break; /* nothing of the kernel's */
	}
	return fails ? -EIO : 0;
}
