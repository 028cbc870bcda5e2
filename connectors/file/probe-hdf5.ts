import type { Content } from "./content.ts";

/** Source: HDF5 File Format Specification 3.0, II.A "Disk Format: Level 0A". */
const signature = Buffer.from("894844460d0a1a0a", "hex");

/** The superblock lies at 0, 512, 1024, 2048, ...: a user's block may stand before it. */
const firstOffset = 512;
const superblockBytes = 96;

/** The superblock says where the file ends, and from version 3 on whether a writer has it open. */
export function probeHdf5(content: Content): string | undefined {
	for (let at = 0; at < content.size; at = at === 0 ? firstOffset : at * 2) {
		const block = content.read(at, superblockBytes);
		if (block.subarray(0, signature.length).equals(signature)) return checkSuperblock(content, block, at);
	}
	return "the superblock of the HDF5 file";
}

function checkSuperblock(content: Content, block: Buffer, at: number): string | undefined {
	const version = block[8];
	if (version === undefined || version > 3 || block.length < 12)
		return "a superblock of the HDF5 file that can be read";
	if (version === 3 && ((block[11] as number) & 1) === 1) return "the writer of the HDF5 file to close it";
	const offsetBytes = block[version < 2 ? 13 : 9] as number;
	// Base address, one more address, then the end of file address.
	const base = version === 0 ? 24 : version === 1 ? 28 : 12;
	const end = addressAt(block, base + 2 * offsetBytes, offsetBytes);
	if (end === undefined) return "a superblock of the HDF5 file that can be read";
	// Both are positions in the file as it was made; a block may have been put before it since.
	const needed = end - (addressAt(block, base, offsetBytes) as number) + at;
	return content.size >= needed ? undefined : `${needed - content.size} more bytes of the HDF5 file`;
}

function addressAt(block: Buffer, at: number, bytes: number): number | undefined {
	if (at + bytes > block.length) return undefined;
	if (bytes === 8) return Number(block.readBigUInt64LE(at));
	return bytes === 4 || bytes === 2 ? block.readUIntLE(at, bytes) : undefined;
}
