// SPDX-License-Identifier: GPL-2.0-only
/*
 * VC-SM: memory that the VPU asks for. Off unless the user says how much it may have.
 */
#include <linux/align.h>
#include <linux/cleanup.h>
#include <linux/dma-buf.h>
#include <linux/err.h>
#include <linux/ferry.h>
#include <linux/ferry/buf.h>
#include <linux/ferry/link.h>
#include <linux/log2.h>
#include <linux/math.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "../compat.h"
#include "vcsm.h"

#define VCSM_ALIGN_MIN	4096

/*
 * The callback, where nothing can be allocated for the VPU: it is remembered. -EAGAIN: as many
 * as can be wait already, and so it waits in its slot.
 */
int ferry_vcsm_request(struct ferry_vcsm *vc, const struct vcsm_mem_request *msg)
{
	struct vcsm_request *req;

	guard(spinlock)(&vc->lock);
	if (vc->nr_requests == VCSM_REQUESTS) {
		vc->stats.flooded++;
		vc->flooded = true;
		return -EAGAIN;
	}
	vc->stats.requests++;
	req = &vc->request[vc->nr_requests++];
	req->trans_id = le32_to_cpu(msg->trans_id);
	req->size = le32_to_cpu(msg->size);
	req->align = le32_to_cpu(msg->align);
	req->handle = le32_to_cpu(msg->vc_handle);
	ferry_vcsm_copy_name(req->name, msg->name);
	ferry_vcsm_kick_locked(vc);
	return 0;
}

/* The oldest one. *@resume: another one waits for its place. */
static bool request_pop(struct ferry_vcsm *vc, struct vcsm_request *req, bool *resume)
{
	guard(spinlock)(&vc->lock);
	if (!vc->nr_requests)
		return false;
	*req = vc->request[0];
	vc->nr_requests--;
	memmove(&vc->request[0], &vc->request[1], vc->nr_requests * sizeof(*req));
	*resume = vc->flooded;
	vc->flooded = false;
	return true;
}

/* Bytes that are to be allocated, or 0: it gets none. */
static u32 request_size(struct ferry_vcsm *vc, const struct vcsm_request *req)
{
	u64 size;

	if (!req->size || !req->handle || req->align < VCSM_ALIGN_MIN ||
	    !is_power_of_2(req->align))
		return 0;
	size = PAGE_ALIGN(round_up((u64)req->size, req->align));
	guard(spinlock)(&vc->lock);
	if (size > VCSM_SIZE_MAX || vc->vpu_bytes + size > vc->cfg.vpu_max)
		return 0;
	/* Nobody else takes any: this is the only work. */
	return size;
}

/* NULL: it gets none. The caller holds it. */
static struct vcsm_buf *request_buf(struct ferry_vcsm *vc, const struct vcsm_request *req)
{
	u32 size = request_size(vc, req);
	struct dma_buf *dmabuf;
	struct vcsm_buf *b;

	dmabuf = size ? ferry_vcsm_memory(vc, size) : ERR_PTR(-ENOMEM);
	if (IS_ERR(dmabuf))
		return NULL;
	b = ferry_vcsm_buf_create(vc, dmabuf, req->name);
	dma_buf_put(dmabuf);
	if (IS_ERR(b))
		return NULL;
	if (!IS_ALIGNED(b->addr, req->align)) {
		ferry_vcsm_buf_unhold(b);
		return NULL;
	}
	return b;
}

static int request_reply(struct ferry_vcsm *vc, const struct vcsm_request *req,
			 const struct vcsm_buf *b)
{
	struct vcsm_mem_reply msg = {
		.header.type = cpu_to_le32(VCSM_VC_MEM_REQUEST_REPLY),
		.header.trans_id = cpu_to_le32(ferry_vcsm_free_id(vc)),
		.vpu_trans_id = cpu_to_le32(req->trans_id),
		.addr = cpu_to_le32(b ? b->addr : 0),
		.kernel_id = cpu_to_le32(b ? b->kernel_id : 0),
	};

	return ferry_vcsm_send(vc, &msg, sizeof(msg));
}

/* The VPU has it from now on: it may let go of it before we have sent the next message. */
static void request_lend(struct vcsm_buf *b, u32 handle)
{
	struct ferry_vcsm *vc = b->vc;

	ferry_vcsm_buf_lend(b, VCSM_STATE_MAPPED, handle);
	guard(spinlock)(&vc->lock);
	b->by_vpu = true;
	vc->vpu_bytes += b->size;
	vc->stats.granted++;
}

static void request_lost(struct vcsm_buf *b)
{
	guard(spinlock)(&b->vc->lock);
	if (b->state == VCSM_STATE_MAPPED)
		ferry_vcsm_buf_end(b, true, 0);
	else
		ferry_buf_recall(b->buf);
	b->vc->stats.granted--;
}

/* The work. False: there was none. */
bool ferry_vcsm_do_request(struct ferry_vcsm *vc)
{
	struct vcsm_request req;
	struct vcsm_buf *b;
	bool resume;
	int ret;

	if (!request_pop(vc, &req, &resume))
		return false;
	if (resume)
		ferry_resume(vc->ep);
	b = request_buf(vc, &req);
	if (b)
		request_lend(b, req.handle);
	ret = request_reply(vc, &req, b);
	if (ret && b)
		request_lost(b);
	if (b)
		ferry_vcsm_buf_unhold(b);
	return true;
}
