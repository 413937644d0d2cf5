package faults

// planted is a bug that people have written into such programs. It replaces one
// text of one file; PLANTED stands for whether this bug is on.
type planted struct {
	name, file, right, wrong string
	pkg, run                 string // the tests that must catch it
}

// plantedBugs are grouped by the file that they stand in.
func plantedBugs() []planted {
	const client, apply, diff, tree = "pkg/client", "pkg/apply", "pkg/diff", "pkg/jsontree"
	bug := func(name, file, right, wrong, pkg, run string) planted {
		return planted{name, file, right, wrong, pkg, run}
	}
	retry, classify, auth := client+"/send_retry.go", client+"/classify.go", client+"/auth.go"
	return []planted{
		bug("a create is repeated blindly", retry, "	return e.Outcome == NotSent\n}", "	return PLANTED || e.Outcome == NotSent\n}", apply, "TestFaults/strict/JC"),
		bug("an update is repeated blindly", retry, "return e.throttled || e.Outcome == NotSent", "return PLANTED || e.throttled || e.Outcome == NotSent", client, "Repeating"),
		bug("a wait without a cap", retry, "if e.RetryAfter > t.maxWait {", "if !PLANTED && e.RetryAfter > t.maxWait {", client, "RetryAfter"),
		bug("no bound on repeats in an outage", retry, "if b.tokens < cost {", "if !PLANTED && b.tokens < cost {", client, "Budget|Outage"),
		bug("a wait that the service asks for is not kept", retry, "wait = max(delays.NextBackOff(), e.RetryAfter)", "if wait = delays.NextBackOff(); !PLANTED {\n\t\twait = max(wait, e.RetryAfter)\n\t}", client, "RetryAfter"),
		bug("a back-off goes on after an interrupt", retry, "			if sleepErr != nil || ended {", "			if !PLANTED && (sleepErr != nil || ended) {", client, "Until"),

		bug("an unclear answer counts as a refusal", classify, "		return // Unsure: the handling may have got anywhere\n", "		if !PLANTED {\n\t\t\treturn\n\t\t}\n", apply, "TestFaults/strict/JC"),
		bug("a redirect proves nothing", classify, "e.kind, e.passing = ErrRedirect, false", "if e.kind, e.passing = ErrRedirect, false; PLANTED {\n\t\te.kind, e.passing = nil, true\n\t}", apply, "TestFaults/strict/JU"),
		bug("an error inside 200 is ignored", classify, "	case said.found:\n", "	case said.found && !(PLANTED && success):\n", client, "Classify"),
		bug("success: false is ignored", classify, `if success := body.Get("success"); !success.IsAbsentOrNull() {`, `if success := body.Get("success"); !PLANTED && !success.IsAbsentOrNull() {`, client, "Classify"),
		bug("a cut answer is believed", classify, "	err := a.cut\n", "	err := a.cut\n	if PLANTED {\n		err, a.raw = nil, append(a.raw, '}')\n	}\n", client, "CutAnywhere"),
		bug("a gateway's refusal is one of the service", classify, "	e.Answered = e.Code != \"\" && !gateway\n", "	e.Answered = PLANTED || e.Code != \"\" && !gateway\n", apply, "TestFaults/strict/JC"),

		bug("an unreadable body is read on a retry", client+"/send_http.go", "		body = bytes.NewReader(k.body)\n	}\n	req, err", "		if body = bytes.NewReader(k.body); PLANTED && k.attempt > 1 {\n			body = bytes.NewReader(nil)\n		}\n	}\n	req, err", apply, "TestFaults/strict/JC"),
		bug("what was sent counts as not sent", client+"/send_http.go", "	if sent && !unprocessed(err) {", "	if !PLANTED && sent && !unprocessed(err) {", apply, "TestFaults/strict/JC"),
		bug("answers have no ceiling", client+"/send_http.go", "	if len(raw) > answerLimit {", "	if !PLANTED && len(raw) > answerLimit {", client, "AnswersAreBounded"),
		bug("creates use connections that were used before", client+"/send_auth.go", "k != nil && k.repeat == repeatNever {", "k != nil && k.repeat == repeatNever && !PLANTED {", client, "FreshConnections"),
		bug("failed authentications are not counted", client+"/send_auth.go", "				auth.kill(e)\n				return a, err", "				if !PLANTED {\n					auth.kill(e)\n				}\n				return a, err", client, "RefusedAgainAfterRenewal"),
		bug("every caller renews the token", auth, "	if used == current && !a.renew(ctx, e) {", "	if (PLANTED || used == current) && !a.renew(ctx, e) {", client, "TokenRenewedOnceForAll"),
		bug("any date corrects the clock", auth, "	case skew.Abs() > clockLimit:", "	case !PLANTED && skew.Abs() > clockLimit:", client, "Clock"),
		bug("the rate is not halved", client+"/send_rate.go", "		if errors.Is(err, ErrRateLimited) {", "		if !PLANTED && errors.Is(err, ErrRateLimited) {", client, "ThrottlingHalvesTheRate"),
		bug("secrets of other calls are shown", client+"/client.go", "return mask(text, append(secrets, c.hidden...))", "if PLANTED {\n\t\treturn mask(text, secrets)\n\t}\n\treturn mask(text, append(secrets, c.hidden...))", client, "Hide"),
		bug("base64 of a secret is shown", client+"/mask.go", "for offset := range 3 {", "for offset := range 3 {\n\t\tif PLANTED {\n\t\t\tbreak\n\t\t}", client, "Mask"),
		bug("pages are counted from 1", client+"/jobs_list.go", "strconv.Itoa(index)", "strconv.Itoa(index + map[bool]int{true: 1}[PLANTED])", client, "ListingFindsEveryJob"),
		bug("a listing that does not add up is complete", client+"/pager.go", `return s.problem == "" && s.err == nil`, `return PLANTED || s.problem == "" && s.err == nil`, client, "Listing|Reading|Unreadable"),
		bug("the answer of another job is believed", client+"/jobs.go", "	return c.fails(k, a, Unsure, ErrWrongObject, \"the call was", "	if PLANTED {\n		return nil\n	}\n	return c.fails(k, a, Unsure, ErrWrongObject, \"the call was", client, "WrongObject"),

		bug("trailing data is accepted", tree+"/parse.go", "	if p.at < len(data) {\n		return nil, p.fail(\"data after", "	if !PLANTED && p.at < len(data) {\n		return nil, p.fail(\"data after", tree, "ParseRefuses"),
		bug("a key may stand twice", tree+"/parse.go", "		if twice {\n", "		if twice && !PLANTED {\n", tree, "ParseRefuses"),

		bug("members that no document lists are dropped", diff+"/overlay.go", "	for _, m := range base.Members() {\n		if want.Get(m.Key) == nil && !slices", "	for _, m := range slices.Clone(live.Members()) {\n		if PLANTED && want.Get(m.Key) == nil && !slices.Contains(identityMembers, m.Key) {\n			out.Delete(m.Key)\n		}\n	}\n	for _, m := range base.Members() {\n		if want.Get(m.Key) == nil && !slices", diff, "UnknownMembersSurvive"),

		bug("the journal is written after the write", apply+"/call.go", "if err := s.run.journal(s.intent()); err != nil {", "if err := s.run.journal(s.intent()); !PLANTED && err != nil {", apply, "Journal"),
		bug("nothing stops after a halt", apply+"/call.go", "	if halts(err) {\n		s.run.halt(err)", "	if !PLANTED && halts(err) {\n		s.run.halt(err)", apply, "TestFaults/strict/JC"),
		bug("a mask is written back", apply+"/secrets.go", "		case isSensitive(parameter) && parameterField", "		case !PLANTED && isSensitive(parameter) && parameterField", apply, "Fill"),
		bug("no look before an update", apply+"/update.go", "	case s.asPlanned(have):\n", "	case PLANTED || s.asPlanned(have):\n", apply, "ChangedSince"),
		bug("an update that changes nothing is sent", apply+"/update.go", "if len(s.missing(have)) == 0 && !mustWrite(s.change) {", "if !PLANTED && len(s.missing(have)) == 0 && !mustWrite(s.change) {", apply, "OnePlanTwice"),
		bug("no look after an update", apply+"/verify.go", "		have, err = s.run.readJob(ctx, id, s.change.ProjectID)\n		if err != nil {\n			continue", "		if PLANTED {\n			s.end(outcome, \"\")\n			return true\n		}\n		have, err = s.run.readJob(ctx, id, s.change.ProjectID)\n		if err != nil {\n			continue", apply, "EditedRightAfter|RewrittenByTheServer"),
		bug("no look before a removal", apply+"/remove.go", "	case !s.asPlanned(have):\n", "	case !PLANTED && !s.asPlanned(have):\n", apply, "ChangedSince"),
		bug("no look for the name before a create", apply+"/create.go", "	case len(seen.ids) > 0:\n		s.compareFound(ctx, c, seen, Unchanged, \"someone else created it after the plan was made, as the definitions want it\")\n		return false\n", "	case !PLANTED && len(seen.ids) > 0:\n		s.compareFound(ctx, c, seen, Unchanged, \"someone else created it after the plan was made, as the definitions want it\")\n		return false\n", apply, "CreateMeetsAnotherJob"),
		bug("an incomplete listing proves absence", apply+"/create.go", "	case !seen.complete:\n", "	case !PLANTED && !seen.complete:\n", apply, "CreateNeedsACompleteListing"),
		bug("silence allows a second create", apply+"/create.go", "	if got == silent && s.run.opts.CreateRetry", "	if !PLANTED && got == silent && s.run.opts.CreateRetry", apply, "TestFaults/strict/JC"),
		bug("absence is proven without a witness", apply+"/create.go", "			c.confirms(ctx, first.witness) && (last.witness == first.witness || c.confirms(ctx, last.witness)) {", "			(PLANTED || c.confirms(ctx, first.witness) && (last.witness == first.witness || c.confirms(ctx, last.witness))) {", apply, "AbsenceNeedsAWitness"),
		bug("the name check is not asked", apply+"/create.go", "	if c.taken != nil && c.taken(ctx) {", "	if !PLANTED && c.taken != nil && c.taken(ctx) {", apply, "NameCheck"),
		bug("an earlier part's end counts for the create", apply+"/create.go", "	s.result.Outcome, s.result.Message, s.result.Next = \"\", \"\", \"\"", "	if !PLANTED {\n		s.result.Outcome, s.result.Message, s.result.Next = \"\", \"\", \"\"\n	}", apply, "InTheOtherOrder"),
		bug("duplicates are not looked for", apply+"/sweep.go", "if len(r.created) == 0 || r.soft.Err() != nil {", "if PLANTED || len(r.created) == 0 || r.soft.Err() != nil {", apply, "TwoRuns"),
		bug("a job that was built is deleted as a duplicate", apply+"/sweep.go", "	case !own || ours < 0 || neverBuilt(rows[ours]) != nil:", "	case !PLANTED && (!own || ours < 0 || neverBuilt(rows[ours]) != nil):", apply, "DuplicateThatWasBuilt"),
		bug("an uncertain delete is called a failure", apply+"/template.go", "	case Unknown:\n		s.end(Unknown, ", "	case Unknown:\n		s.end(map[bool]Outcome{true: NotConverged, false: Unknown}[PLANTED], ", apply, "ReplacementUnder"),
		bug("a template is deleted before its body is kept", apply+"/template.go", "	} else if !s.baseHoldsOld() {", "	} else if !PLANTED && !s.baseHoldsOld() {", apply, "UniqueTemplateNeedsARescue"),
		bug("a panic of a worker ends the process", apply+"/crash.go", "		if value := recover(); value != nil {", "		if PLANTED {\n			return\n		}\n		if value := recover(); value != nil {", "test/faults", "TestPanicAtEachPoint/checked"),

		bug("the report is lost with stdout", "cmd/buildsync/cmd_apply.go", "notKept = writeFile(file, document)", "if !PLANTED {\n\t\t\tnotKept = writeFile(file, document)\n\t\t}", "test/faults", "TestClosedStdout/during"),
		bug("plans never grow old", "cmd/buildsync/cmd_apply.go", "	case age > most:\n", "	case !PLANTED && age > most:\n", "test/faults", "TestPlansGrowOld"),
		bug("an output goes through a link", "cmd/buildsync/output.go", "case err == nil && !info.Mode().IsRegular():", "case !PLANTED && err == nil && !info.Mode().IsRegular():", "cmd/buildsync", "WriteFileRefuses"),
		bug("a result is written in place", "cmd/buildsync/output.go", "	temporary, err := os.CreateTemp(filepath.Dir(name), \".buildsync-*\")", "	if PLANTED {\n		file, err := os.Create(name)\n		if err == nil {\n			err = errors.Join(write(file), file.Close())\n		}\n		return err\n	}\n	temporary, err := os.CreateTemp(filepath.Dir(name), \".buildsync-*\")", "test/faults", "TestNoSpace$"),
		bug("a signal cuts off what is under way", "cmd/buildsync/signals.go", "				s.soften(cause)\n", "				s.soften(cause)\n				if PLANTED {\n					s.harden(cause)\n				}\n", "test/faults", "TestSignalDuring"),
	}
}
