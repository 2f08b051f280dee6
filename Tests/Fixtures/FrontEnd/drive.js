// SPDX-License-Identifier: Apache-2.0
//
// Uses the page of Examples/CustomFrontEnd as a person does (Scripts/examples, by Tests/Fixtures/Consoles/browse): run in the page, with
// TOKEN for a token. The title says how it went.
(async () => {
  const until = async (what, holds) => {
    for (let i = 0; i < 300; i++) {
      if (holds()) return
      await new Promise(done => setTimeout(done, 100))
    }
    throw `${what}: ${document.body.innerText.replaceAll("\n", " | ")}`
  }
  const rows = word => [...document.querySelectorAll("#machines tr")].filter(row => row.innerText.includes(word)).length
  const button = verb => [...at("verbs").children].find(one => one.textContent === verb)
  const problem = () => at("problem").textContent
  window.confirm = () => true
  try {
    at("token").value = "wrong"
    at("sign-in").requestSubmit()
    await until("a wrong token says why", () => problem().includes("Not signed in"))
    at("token").value = "TOKEN"
    at("sign-in").requestSubmit()
    await until("signed in, with templates", () => !at("screen").hidden && at("template").options.length === 1)
    if (document.cookie !== "") throw "the page's scripts can read the cookie"
    const before = rows("10.7.")
    at("name").value = "<b>seen</b>-%02d"
    at("count").value = 3
    at("launch").requestSubmit()
    await until("three more run, by the stream of events alone", () => rows("running") === 3 && rows("not ready") === 0)
    if (rows("10.7.") !== before + 3 || document.querySelector("#machines b")) throw "the table is not as it should be"
    const first = [...document.querySelectorAll("#machines tr")].find(row => row.innerText.includes("seen</b>-01"))
    first.querySelector("button").click()
    await until("verbs, those that are forbidden grey and with a reason", () => button("suspend") && button("wake")?.title)
    if (button("suspend").disabled || !button("wake").disabled) throw "the wrong buttons are grey"
    at("look").click()
    await until("its screen", () => !at("picture").hidden && at("picture").naturalWidth > 0)
    button("force-off").click()
    await until("one fewer runs", () => rows("running") === 2)
    // While the run has the machine still, all are grey.
    await until("its buttons follow", () => button("destroy")?.disabled === false && button("suspend")?.disabled)
    button("destroy").click()
    await until("it is off the screen", () => rows("seen</b>-01") === 0 && at("one").hidden)
    at("name").value = "<b>seen</b>-02"
    at("count").value = 1
    at("launch").requestSubmit()
    await until("a refusal in words", () => problem().includes("already used"))
    at("sign-out").click()
    await until("signed out", () => at("screen").hidden && !at("sign-in").hidden)
    document.title = "seen"
  } catch (error) { document.title = `failed: ${error}` }
})()
