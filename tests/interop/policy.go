// What receipt.go and extension.go share: who has to have signed, and whether
// they have, by Go's own packages and nothing of evote's.  A policy with groups
// other than of all is not understood.
package main

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func want(ok bool, format string, args ...interface{}) {
	if !ok {
		must(fmt.Errorf(format, args...))
	}
}

// What sumdb/note lacks: c2sp.org/tlog-cosignature, type 4.
type cosigner struct {
	name string
	id   uint32
	key  ed25519.PublicKey
}

func (c cosigner) Name() string    { return c.name }
func (c cosigner) KeyHash() uint32 { return c.id }
func (c cosigner) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	head := fmt.Sprintf("cosignature/v1\ntime %d\n", binary.BigEndian.Uint64(sig))
	return ed25519.Verify(c.key, append([]byte(head), msg...), sig[8:])
}

func cosignerOf(vkey string) note.Verifier {
	part := strings.SplitN(vkey, "+", 3)
	want(len(part) == 3, "not a key: %s", vkey)
	id, err := strconv.ParseUint(part[1], 16, 32)
	must(err)
	key, err := base64.StdEncoding.DecodeString(part[2])
	must(err)
	want(len(key) == 33 && key[0] == 4, "not a cosigner's key: %s", vkey)
	return cosigner{part[0], uint32(id), key[1:]}
}

// The log's name, and whoever has to have signed.
func readPolicy(file string) (log string, all []note.Verifier) {
	text, err := os.ReadFile(file)
	must(err)
	for _, line := range strings.Split(string(text), "\n") {
		word := strings.Fields(line)
		switch {
		case len(word) == 0 || word[0][0] == '#':
		case word[0] == "log":
			v, err := note.NewVerifier(word[1])
			must(err)
			log, all = v.Name(), append(all, v)
		case word[0] == "witness":
			all = append(all, cosignerOf(word[2]))
		case word[0] == "group":
			want(word[2] == "all", "group %s is not of all", word[1])
		case word[0] != "quorum":
			want(false, "what is %s?", word[0])
		}
	}
	return log, all
}

type checkpoint struct {
	size int64
	root tlog.Hash
}

// parse reads a checkpoint's text.
func parse(text, log string) checkpoint {
	line := strings.Split(text, "\n")
	want(len(line) == 4 && line[0] == log, "a checkpoint of %s", line[0])
	size, err := strconv.ParseInt(line[1], 10, 64)
	must(err)
	root, err := tlog.ParseHash(line[2])
	must(err)
	return checkpoint{size, root}
}

// open reads a note: the log and every witness of the policy have signed it.
func open(text []byte, log string, all []note.Verifier) checkpoint {
	n, err := note.Open(text, note.VerifierList(all...))
	must(err)
	for _, v := range all {
		found := false
		for _, s := range n.Sigs {
			found = found || s.Name == v.Name() && s.Hash == v.KeyHash()
		}
		want(found, "%s has not signed", v.Name())
	}
	return parse(n.Text, log)
}

// hashes reads the lines of a path.
func hashes(line []string) (path []tlog.Hash) {
	for _, l := range line {
		h, err := tlog.ParseHash(l)
		must(err)
		path = append(path, h)
	}
	return path
}
