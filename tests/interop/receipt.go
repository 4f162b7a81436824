// Verifies a receipt with Go's own packages for such things, and nothing of
// evote's:
//
//	receipt POLICY RECEIPT
//
// The log and every witness of the policy have to have signed.  A policy with
// groups other than of all is not understood.
package main

import (
	"bytes"
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
	line := strings.Split(n.Text, "\n")
	want(len(line) == 4 && line[0] == log, "a checkpoint of %s", line[0])
	size, err := strconv.ParseInt(line[1], 10, 64)
	must(err)
	root, err := tlog.ParseHash(line[2])
	must(err)
	return checkpoint{size, root}
}

func main() {
	log, all := readPolicy(os.Args[1])
	text, err := os.ReadFile(os.Args[2])
	must(err)
	head, signed, ok := bytes.Cut(text, []byte("\n\n"))
	want(ok, "no empty line")
	line := strings.Split(string(head), "\n")
	want(len(line) >= 3 && line[0] == "c2sp.org/tlog-proof@v1", "not a receipt")
	leaf, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(line[1], "extra "))
	must(err)
	index, err := strconv.ParseInt(strings.TrimPrefix(line[2], "index "), 10, 64)
	must(err)
	var path tlog.RecordProof
	for _, l := range line[3:] {
		h, err := tlog.ParseHash(l)
		must(err)
		path = append(path, h)
	}
	c := open(signed, log, all)
	must(tlog.CheckRecord(path, c.size, c.root, index, tlog.RecordHash(leaf)))
	fmt.Printf("record %d of %d, signed by %d\n", index, c.size, len(all))
}
