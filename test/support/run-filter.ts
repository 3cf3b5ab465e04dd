/** A system call as a seccomp filter sees it. */
export interface SystemCall {
  /** The kernel's AUDIT_ARCH. */
  architecture: number;
  number: number;
  arguments?: readonly bigint[];
}

/** Runs a seccomp filter as the kernel does, on one system call: `allowed`, or the error's number. */
export function runFilter(program: Buffer, call: SystemCall): 'allowed' | number {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(call.number, 0);
  data.writeUInt32LE(call.architecture, 4);
  for (const [index, value] of (call.arguments ?? []).entries()) data.writeBigUInt64LE(value, 16 + 8 * index);
  let loaded = 0;
  for (let at = 0; ; at += 8) {
    const [code, value] = [program.readUInt16LE(at), program.readUInt32LE(at + 4)];
    const jump = (holds: boolean) => {
      at += 8 * program.readUInt8(at + (holds ? 2 : 3));
    };
    if (code === 0x20) loaded = data.readUInt32LE(value);
    else if (code === 0x54) loaded = (loaded & value) >>> 0;
    else if (code === 0x05) at += 8 * value;
    else if (code === 0x15) jump(loaded === value);
    else if (code === 0x25) jump(loaded > value);
    else if (code === 0x35) jump(loaded >= value);
    else if (code === 0x45) jump((loaded & value) !== 0);
    else if (code === 0x06) return value === 0x7fff_0000 ? 'allowed' : value & 0xffff;
    else throw new Error(`no such instruction: ${code}`);
  }
}
