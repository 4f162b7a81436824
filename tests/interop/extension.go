// Verifies with Go's own packages for such things that one checkpoint continues
// another:
//
//	extension POLICY OLD PROOF
//
// OLD is the note of a checkpoint that was verified when it was new: only what it
// says is looked at.  PROOF is what `evote_client checkpoint --since OLD --proof`
// writes, a request as c2sp.org/tlog-witness has it.  To be built with policy.go.
package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	log, all := readPolicy(os.Args[1])
	text, err := os.ReadFile(os.Args[2])
	must(err)
	head, _, ok := bytes.Cut(text, []byte("\n\n"))
	want(ok, "no note")
	old := parse(string(head)+"\n", log)
	text, err = os.ReadFile(os.Args[3])
	must(err)
	head, signed, ok := bytes.Cut(text, []byte("\n\n"))
	want(ok, "no empty line")
	line := strings.Split(string(head), "\n")
	want(line[0] == fmt.Sprintf("old %d", old.size), "%s, not %d", line[0], old.size)
	now := open(signed, log, all)
	must(tlog.CheckTree(hashes(line[1:]), now.size, now.root, old.size, old.root))
	fmt.Printf("%d records begin with those %d\n", now.size, old.size)
}
