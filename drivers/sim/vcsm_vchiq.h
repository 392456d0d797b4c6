/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A simulated VPU whose firmware has the service SMEM, on VCHIQ.
 */
#ifndef FERRY_SIM_VCSM_VCHIQ_H
#define FERRY_SIM_VCSM_VCHIQ_H

#include "vchiq_vpu.h"
#include "vcsm_vpu.h"

struct ferry_sim_vcsm_server;

struct ferry_sim_vcsm_server *ferry_sim_vcsm_serve(struct ferry_sim_vchiq *vpu,
						   const struct ferry_sim_vcsm_cfg *cfg);
void ferry_sim_vcsm_unserve(struct ferry_sim_vcsm_server *server);
struct ferry_sim_vcsm *ferry_sim_vcsm_served(struct ferry_sim_vcsm_server *server);

#endif /* FERRY_SIM_VCSM_VCHIQ_H */
