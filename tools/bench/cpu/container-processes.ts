import { existsSync, readFileSync } from 'node:fs';
import { docker } from '../../stack/compose/docker.js';
import type { Environment } from '../../stack/environment.js';
import type { Service } from '../../stack/mode.js';

/**
 * The services with the process of each container, where this machine can see it. It cannot where
 * containers run in a virtual machine: on macOS, and with Docker Desktop. Their pids are not ours,
 * so a pid counts only if its control group names the container.
 */
export async function withProcesses(
  services: readonly Service[],
  environment: Environment,
): Promise<Service[]> {
  const containers = services.flatMap(({ container }) => container ?? []);
  if (containers.length === 0) return [...services];
  const format = '{{.Name}} {{.Id}} {{.State.Pid}}';
  const output = await docker(['inspect', '--format', format, ...containers], { environment });
  const pids = new Map<string, number>();
  for (const line of output.trim().split('\n')) {
    const [name = '', id = '', pid = ''] = line.replace(/^\//, '').split(' ');
    if (isIn(id, Number(pid))) pids.set(name, Number(pid));
  }
  return services.map((service) => ({
    ...service,
    pid: service.pid ?? pids.get(service.container ?? '') ?? null,
  }));
}

function isIn(containerId: string, pid: number): boolean {
  const file = `/proc/${pid}/cgroup`;
  return existsSync(file) && readFileSync(file, 'utf8').includes(containerId);
}
