// Verifies a receipt's log signature and place with what Sigstore's own client
// does it with, and nothing of evote's:
//
//	NODE_PATH=node_modules node sigstore.js POLICY RECEIPT
//
// That knows no cosignatures: those of hosts are for others to verify.
'use strict';
const fs = require('fs');
const path = require('path');
const crypto = require('crypto');

const dist = path.dirname(require.resolve('@sigstore/verify'));
const { verifyCheckpoint } = require(path.join(dist, 'tlog/checkpoint.js'));
const { verifyMerkleInclusion } = require(path.join(dist, 'tlog/merkle.js'));

// An Ed25519 key's SubjectPublicKeyInfo, but for the key.
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');
const [policy, receipt] = process.argv.slice(2).map(
	(file) => fs.readFileSync(file, 'utf8'));

// The key, in base64, may have a plus in it.
const [, name, id, key] = /^log ([^+]+)\+([^+]+)\+(\S+)$/m.exec(policy);
const log = {
	logID: Buffer.from(id, 'hex'),
	// It looks for a signature's name in here, as a pattern.
	baseURL: name,
	publicKey: crypto.createPublicKey({
		key: Buffer.concat([SPKI, Buffer.from(key, 'base64').subarray(1)]),
		format: 'der',
		type: 'spki',
	}),
};
const at = receipt.indexOf('\n\n');
const [, extra, index, ...hashes] = receipt.slice(0, at).split('\n');
const entry = {
	canonicalizedBody: Buffer.from(extra.split(' ')[1], 'base64'),
	inclusionProof: {
		logIndex: index.split(' ')[1],
		hashes: hashes.map((line) => Buffer.from(line, 'base64')),
		checkpoint: { envelope: receipt.slice(at + 2) },
	},
};
const checkpoint = verifyCheckpoint(entry, [log]);
if (checkpoint.origin !== name)
	throw new Error(`a checkpoint of ${checkpoint.origin}`);
verifyMerkleInclusion(entry, checkpoint);
console.log(`record ${index.split(' ')[1]} of ${checkpoint.logSize}`);
